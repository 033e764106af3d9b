// Crypto tests
