"""Replaces single messages of schedules in force; the rest of a week stays, message for message.

The steps: what is asked for (requests), which captions come in their places (choosing), the new
schedules (drafting), and what changed, for people (record). `message_replacements` keeps it all, so
that a run that was killed is finished by the next one.
"""
