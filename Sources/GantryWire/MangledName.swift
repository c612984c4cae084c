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
      guard let end = endOfIdentifier(bytes, from: index) else { return false }
      index = end
    }
    return true
  }

  /// Where an identifier ends.
  ///
  /// It is a length and so many bytes; or, behind a 0, words of earlier identifiers, each a letter, the
  /// last a capital, between such runs of bytes ("05EndToA7Program"), ended by a run or by another 0.
  private static func endOfIdentifier(_ bytes: [UInt8], from start: Int) -> Int? {
    var index = start
    var mayRepeatWords = bytes[index] == UInt8(ascii: "0")
    if mayRepeatWords { index += 1 }
    repeat {
      while mayRepeatWords, index < bytes.count, isLetter(bytes[index]) {
        mayRepeatWords = bytes[index] >= UInt8(ascii: "a")
        index += 1
      }
      guard index < bytes.count, isDigit(bytes[index]) else { return nil }
      if bytes[index] == UInt8(ascii: "0") { return index + 1 }
      var length = 0
      while index < bytes.count, isDigit(bytes[index]), length <= longest {
        length = length * 10 + Int(bytes[index] - UInt8(ascii: "0"))
        index += 1
      }
      guard length <= bytes.count - index else { return nil }
      index += length
    } while mayRepeatWords
    return index
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

  private static func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
  }
}
