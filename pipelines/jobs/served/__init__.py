"""What travels inside a model artifact: the prepared columns, the scorer, and the reasons behind a score.

Everything here runs in the serving container, so it uses nothing but the standard library, numpy and xgboost. No file
of an artifact is a pickle: trees are XGBoost's own format, everything else is JSON or plain arrays.
"""
