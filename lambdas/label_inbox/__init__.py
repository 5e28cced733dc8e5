"""Label inbox: files of labels onto the labels stream, so that from there on there is one path."""
