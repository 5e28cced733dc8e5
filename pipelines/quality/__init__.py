"""The data quality gate: what a training set must look like before anything is trained on it.

``gate.check`` reads a training set once, in bounded memory, and judges it by the rules that hold for every training set
and by the use case's ``expectations``; ``gate.write_report`` leaves ``quality.json`` for programs and ``quality.html``
for people. It runs in the command, in a backfill and in the training container: numpy, pandas and pyarrow do.
"""
