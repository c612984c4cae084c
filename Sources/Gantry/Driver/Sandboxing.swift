// Makes the sandbox that a function asks for, or says why it cannot be had.
// Called at the start of a driver, and with the first call of a function that was given other options.

import GantryContainers

/// The rules for a function's containers; nil where it asks for none.
func sandboxRules(
  of name: String, _ options: FunctionOptions, isInProcess: Bool
) throws(GantryError) -> SandboxRules? {
  guard let sandbox = options.sandbox else { return nil }
  func unavailable(_ why: String) -> GantryError {
    GantryError(.sandboxUnavailable, "Function \"\(name)\" asks for a sandbox, \(why)")
  }
  guard !isInProcess else {
    throw unavailable(
      "and this driver starts .inProcess: a thread cannot be confined. Leave the sandbox out, or start another way."
    )
  }
  do {
    return try SandboxRules(writablePaths: sandbox.writablePaths)
  } catch {
    switch error {
    case .unknown:
      throw unavailable(
        "which this kernel cannot give: it has no Landlock, or no seccomp filters. Linux 5.13 and newer have both unless "
          + "they were built without; leave the sandbox out to run here.")
    case .switchedOff:
      throw unavailable(
        "and Landlock is switched off on this machine. Boot it with \"landlock\" among the names of the kernel's lsm= "
          + "parameter, or leave the sandbox out.")
    case .path(let path, let reason):
      throw unavailable(
        "and its writable path \"\(path)\" cannot be opened: \(reason). Make it before the driver is made, or name "
          + "another.")
    case .other(let reason):
      throw unavailable(
        "which could not be entered when it was tried: \(reason). What runs this program, such as a container engine, may "
          + "forbid Landlock or seccomp filters: allow them there, or leave the sandbox out.")
    }
  }
}
