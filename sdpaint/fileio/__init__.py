"""Files: reading and writing pictures and documents. Qt comes in only where layers have to be flattened."""
