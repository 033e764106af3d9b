// Delivery tests
