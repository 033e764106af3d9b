// Events tests
