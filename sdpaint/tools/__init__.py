"""Tools: what the pointer does to the document. Pure logic over the immutable document, without Qt."""
