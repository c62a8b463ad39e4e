"""Certificates for the controller and for the scheduler that asks it, with openssl."""

import re
import ssl
import subprocess

PEOPLE = {"controller": "wattle.example.net", "scheduler": "kube-scheduler"}


def openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


def make(directory):
    """ca.crt, and for each of both a key and a certificate; what one who has the scheduler's trusts."""
    new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=check"]
    openssl(directory, *new, "-keyout", "ca.key", "-out", "ca.crt")
    for who, name in PEOPLE.items():
        extensions = directory / f"{who}.ext"
        extensions.write_text(f"subjectAltName=IP:127.0.0.1,DNS:{name}\n", encoding="utf-8")
        request = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{who}.key", "-out", f"{who}.csr"]
        openssl(directory, *request)
        sign = ["x509", "-req", "-in", f"{who}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"]
        openssl(directory, *sign, "-extfile", extensions.name, "-out", f"{who}.crt")
    trust = ssl.create_default_context(cafile=directory / "ca.crt")
    trust.load_cert_chain(directory / "scheduler.crt", directory / "scheduler.key")
    return trust


def flags(directory):
    """Those of a controller that lets in the scheduler by its certificate, to read."""
    web, roles = directory / "web.yaml", directory / "roles.yaml"
    tls = "cert_file: controller.crt\n  key_file: controller.key\n  client_ca_file: ca.crt\n  client_auth_type: RequireAndVerifyClientCert"
    web.write_text(f"tls_server_config:\n  {tls}\n", encoding="utf-8")
    roles.write_text(f"certificates:\n- {{name: {PEOPLE['scheduler']}, role: read}}\n", encoding="utf-8")
    return ["--web.config.file", web, "--auth.file", roles]


def put_in(configuration, directory):
    """The documented configuration with these files."""
    for key, file in (("caFile", "ca.crt"), ("certFile", "scheduler.crt"), ("keyFile", "scheduler.key")):
        configuration, times = re.subn(rf"{key}: \S+", f"{key}: {directory / file}", configuration)
        assert times == 1, f"{key} is {times} times in the documented configuration"
    return configuration
