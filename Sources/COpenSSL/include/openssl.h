// OpenSSL 3 for Swift: its function-like macros and option constants are not imported, so they get a name here.
#pragma once

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline int sb_ssl_ctx_min_tls12(SSL_CTX *context) { return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION); }
static inline void sb_ssl_ctx_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
                                     | SSL_OP_IGNORE_UNEXPECTED_EOF
#endif
    );
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}
static inline long sb_ssl_set_hostname(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, name); }
static inline int sb_ssl_ctx_add1_chain_cert(SSL_CTX *context, X509 *certificate) { return (int)SSL_CTX_add1_chain_cert(context, certificate); }
// An encrypted PEM is an error: without this, OpenSSL would ask for its password on the terminal and wait.
static inline int sb_no_password(char *buffer, int size, int writing, void *context) {
    (void)buffer; (void)size; (void)writing; (void)context;
    return -1;
}
static inline X509 *sb_pem_certificate(BIO *bio) { return PEM_read_bio_X509(bio, NULL, sb_no_password, NULL); }
static inline EVP_PKEY *sb_pem_private_key(BIO *bio) { return PEM_read_bio_PrivateKey(bio, NULL, sb_no_password, NULL); }
static inline int sb_err_is_no_pem_start(unsigned long code) {
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}
