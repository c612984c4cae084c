// The rules of a sandbox as the driver holds them: a descriptor that each of a function's containers is given.
// Made by the driver before it asks for a container; entered by the container before anything of the user's runs.

import CGantryProcess

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Why a sandbox cannot be had.
package enum SandboxFault: Error {
  /// The kernel has no Landlock, or no filters of system calls.
  case unknown
  /// Landlock was left out when the machine was booted.
  case switchedOff
  /// A path that may be written cannot be opened.
  case path(String, reason: String)
  case other(reason: String)
}

/// Rules that any number of containers can enter.
package final class SandboxRules: Sendable {
  package let descriptor: Int32
  /// How much of it is the kernel's Landlock; the rest is the filter's.
  package let level: Int

  /// Makes the rules: a system call or three a path.
  ///
  /// Paths are followed now, from the working directory where they are relative; a path that is given another file later
  /// still means the first.
  package init(writablePaths: [String]) throws(SandboxFault) {
    let level = gantry_sandbox_level()
    guard level > 0 else {
      switch level {
      case -EOPNOTSUPP: throw .switchedOff
      case -ENOSYS: throw .unknown
      default: throw .other(reason: String(cString: strerror(-level)))
      }
    }
    // The last is never looked at: it gives an empty array an address.
    let paths = writablePaths.map { strdup($0) } + [nil]
    defer { for path in paths { free(path) } }
    var failed = 0
    let result = paths.map { UnsafePointer($0) }.withUnsafeBufferPointer { pointers -> Int32 in
      guard let base = pointers.baseAddress else { return -EFAULT }
      return gantry_sandbox_prepare(base, writablePaths.count, level, &failed)
    }
    guard result >= 0 else {
      let reason = String(cString: strerror(-result))
      throw writablePaths.indices.contains(failed)
        ? .path(writablePaths[failed], reason: reason) : .other(reason: reason)
    }
    descriptor = result
    self.level = Int(level)
  }

  deinit { close(descriptor) }
}
