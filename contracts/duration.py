"""How long a minute, an hour and a day are, in milliseconds, as every clock here counts them."""

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
