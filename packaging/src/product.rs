//! The two packages.

/// What one is called and says of itself.
#[derive(Debug)]
pub(crate) struct Product {
    /// Of the package, the program, the unit and the user.
    pub(crate) name: &'static str,
    /// Where it keeps what outlives it.
    pub(crate) state: &'static str,
    /// The file in `/etc/wattle`.
    pub(crate) configuration: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    /// Documents that it brings, of `docs/`.
    pub(crate) documents: &'static [&'static str],
    /// Directories that it brings, and where to.
    pub(crate) directories: &'static [(&'static str, &'static str)],
}

/// Both.
pub(crate) const PRODUCTS: [Product; 2] = [
    Product {
        name: "wattle-agent",
        state: "/var/lib/wattle",
        configuration: "agent.yaml",
        summary: "Watts of a host and whose they are, for Prometheus",
        description: "One small process on every hypervisor that knows the host's watts and\n\
            whose they are: each virtual machine, container and service, the kernel,\n\
            the idle floor. It measures one-way delay to other hosts, and knows where\n\
            it stands.",
        documents: &[
            "install.md",
            "metrics.md",
            "migration.md",
            "permissions.md",
            "security.md",
            "sizing.md",
            "troubleshooting.md",
            "workloads.md",
            "compat.md",
        ],
        directories: &[
            ("exporter-rules", "usr/share/wattle/exporter-rules"),
            ("grafana", "usr/share/wattle/grafana"),
            (
                "systemd/drop-ins/wattle-agent",
                "usr/share/wattle/wattle-agent.service.d",
            ),
            ("packaging/opennebula", "usr/share/wattle/opennebula"),
            ("packaging/examples", "usr/share/doc/wattle-agent/examples"),
        ],
    },
    Product {
        name: "wattle-controller",
        state: "/var/lib/wattle-controller",
        configuration: "controller.yaml",
        summary: "Ledger of what every host has left, as OpenStack Placement",
        description: "Keeps what every host has and who has what of it, and speaks OpenStack\n\
            Placement's API, over one file or over etcd.",
        documents: &[
            "install.md",
            "permissions.md",
            "security.md",
            "sizing.md",
            "troubleshooting.md",
        ],
        directories: &[],
    },
];
