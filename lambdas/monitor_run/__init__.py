"""A run of a monitor in a function: the job of the container, for windows that are not worth a machine."""
