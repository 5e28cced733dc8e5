"""Scripts that run in the SageMaker XGBoost container and, unchanged, on one's own machine."""
