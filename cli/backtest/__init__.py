"""``headrace backtest``: what a retraining policy would have been worth, replayed on past events by the very code.

A policy is asked at every step whether to train; a candidate goes through the pipeline's own jobs and gates; every
event is scored by the model that was deployed when it came. Nothing is known before its time: labels reach windows,
training sets and policies only when they would have been there.
"""
