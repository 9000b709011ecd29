"""An open repository and the circumstances of one call: who acts, when, where, and as a trial."""
