"""How flows are deployed: pools, queues, schedules."""
