"""Watching tables: files in, Model Monitor's documents and a report out, in bounded memory.

``watch.watch`` holds a table against its baseline by ``headrace.drift``; the command and the job both call it.
"""
