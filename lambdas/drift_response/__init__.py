"""Drift response: what monitors, alarms and trainings say becomes one recorded decision each."""
