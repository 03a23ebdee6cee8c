"""Between the window and everything below: state with signals, commands as direct calls."""
