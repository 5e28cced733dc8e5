"""Files dropped into a folder of the lake become records of something else, slice by slice, however large they are.

A function that takes files in says four things: its ``Folders``, a ``Reader`` that makes a record of a row, a ``Sink``
that takes records, and the ``Format``s of the files. Everything else is here: reading within bounds, handing on what
is left, quarantine, receipts.
"""
