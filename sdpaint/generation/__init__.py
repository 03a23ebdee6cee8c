"""What a generation is: request, events, geometry and recipe. Pure: no Qt, no torch."""
