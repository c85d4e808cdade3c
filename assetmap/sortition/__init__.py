"""Drawing a panel by lot so that it meets quotas and the smallest chance is as large as can be."""
