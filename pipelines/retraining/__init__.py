"""The retraining pipeline: authored with the SageMaker SDK, rendered at synth time without account or network.

Others use ``definition.definition`` for the pipeline's body and ``sources.build`` for the code it runs. Nothing here
imports the SDK until a definition is asked for.
"""
