"""Who is told and how: `channels.yaml` of a home, and clients for what it names."""
