"""What travels inside a model artifact beside the algorithms: the prepared columns, and how requests are read.

Everything here runs in the serving container, so it uses nothing but the standard library, numpy and xgboost. No file
of an artifact is a pickle: trees are XGBoost's own format, everything else is JSON or plain arrays.
"""
