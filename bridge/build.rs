//! Generates the C++ side of the bridge; CMake takes header and objects from the target folder.

fn main() {
    cxx_build::bridge("src/lib.rs")
        .std("c++20")
        .compile("hearth_bridge_cxx");
    println!("cargo:rerun-if-changed=src/lib.rs");
}
