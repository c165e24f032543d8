"""From spans and relations to records: who is who, which meeting is which, where, when, what."""
