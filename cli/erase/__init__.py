"""One person's data: all of it shown, or all of it taken away, with a receipt that names nobody."""
