// EventLog tests
