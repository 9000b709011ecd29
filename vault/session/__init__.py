"""An open repository and the circumstances of one call: who, when, where, and as a trial.
Knows no dataset and no verb.
"""
