"""Settings of the program: what there is to set, and where it is kept."""
