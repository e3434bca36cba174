"""Why a logged decision was made: for the customer, the analyst and the auditor, from the log and the version alone.

ExplanationError (a PixguardError)
"""
