"""Controls of the program that Qt does not have, or not like this."""
