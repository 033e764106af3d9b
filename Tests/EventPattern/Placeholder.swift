// EventPattern tests
