// OCI tests
