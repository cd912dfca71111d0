"""What the runbook writes down: the vendor's page and policies, SQL, settings, commands, the hand-off sheet.

Everything here is text or JSON made from an environment, by building values and never by editing text.
"""
