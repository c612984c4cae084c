// Which type names from another process may be given to the runtime's demangler. The runtime trusts mangled
// names: control bytes in them are pointers, and back-references can make a short name stand for an
// exponentially large type. ErrorCoding asks here first.

/// A check of names before `_typeByName`.
enum MangledName {
  /// Longer names than this are refused; those of generic or local types, at a quarter of it.
  private static let longest = 1024

  static func isHarmless(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard !bytes.isEmpty, bytes.count <= longest else { return false }
    // Printable ASCII: nothing below is a symbolic reference. A dollar introduces an address of a context.
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "$") }) else { return false }
    return isPlainNominal(bytes) || isSmall(bytes)
  }

  /// Modules, types and nesting alone: identifiers behind their lengths, and the letters of their kinds.
  private static func isPlainNominal(_ bytes: [UInt8]) -> Bool {
    let kinds = Array("VOCs".utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if kinds.contains(byte) {
        index += 1
        continue
      }
      guard isDigit(byte) else { return false }
      // An identifier that begins with 0 repeats words of earlier ones, each a letter, the last a capital.
      if byte == UInt8(ascii: "0") {
        index += 1
        while index < bytes.count, bytes[index] >= UInt8(ascii: "a"), bytes[index] <= UInt8(ascii: "z") {
          index += 1
        }
        guard index < bytes.count, bytes[index] >= UInt8(ascii: "A"), bytes[index] <= UInt8(ascii: "Z") else {
          return false
        }
        index += 1
        continue
      }
      var length = 0
      while index < bytes.count, isDigit(bytes[index]), length <= longest {
        length = length * 10 + Int(bytes[index] - UInt8(ascii: "0"))
        index += 1
      }
      guard length <= bytes.count - index else { return false }
      index += length
    }
    return true
  }

  /// Any other name, if it is too short and repeats too little to stand for a large type.
  private static func isSmall(_ bytes: [UInt8]) -> Bool {
    guard bytes.count <= longest / 4 else { return false }
    var references = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "A") {
      references += 1
      // A count behind the letter repeats the reference.
      if index + 1 < bytes.count, isDigit(bytes[index + 1]) { return false }
    }
    return references <= 4
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
