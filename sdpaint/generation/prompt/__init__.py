"""The prompt language, as the ecosystem writes it: pure text work, without any network."""
