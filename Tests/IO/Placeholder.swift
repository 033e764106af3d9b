// IO tests
