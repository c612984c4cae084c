// Where this process has its program and its libraries, for addresses that a forked container left behind.

import CGantryProcess

/// A library, or the program, at an address of this process.
package struct Library {
  package let path: String
  /// Where its first byte lies.
  package let base: UInt64

  /// Finds it; nil where there is none.
  package init?(at address: UInt64) {
    var path = [CChar](repeating: 0, count: 4096)
    var base: UInt64 = 0
    guard gantry_library_at(address, &path, path.count, &base) else { return nil }
    self.path = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.base = base
  }

  /// What the program's addresses were shifted by when it was loaded; a forked container's were, too.
  package static let programBase: UInt64 = gantry_own_base()
}
