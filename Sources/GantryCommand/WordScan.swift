// Finds the words of a text for the table of words: runs of letters, with apostrophes inside them.
// Works on bytes: text need not be valid UTF-8, and no string is made.

/// What a byte means to a word; a table of all 256 is made once.
private enum Kind {
  static let separator: UInt8 = 0
  static let letter: UInt8 = 1
  static let apostrophe: UInt8 = 2
  /// Begins either a letter or a symbol of several bytes.
  static let lead: UInt8 = 3

  static let table: [UInt8] = (0...255).map { (byte: UInt8) in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): letter
    case UInt8(ascii: "'"): apostrophe
    case 0xC2, 0xE2, 0xE3, 0xEF, 0xF0: lead
    case 0x80...0xFF: letter
    default: separator
    }
  }
}

/// Adds the words of a text whose letters A to Z are small already.
///
/// A word is a run of the letters a to z and of characters beyond ASCII that are no punctuation, signs or pictures;
/// apostrophes (' and U+2019) belong to it between two letters. Words longer than the table takes are left out.
func addWords(of text: UnsafeBufferPointer<UInt8>, to table: inout WordTable) {
  Kind.table.withUnsafeBufferPointer { kinds in
    let scan = WordScan(text: text, kinds: kinds)
    var position = 0
    while let word = scan.nextWord(from: position) {
      position = word.upperBound
      if word.count <= WordTable.longestWord {
        table.add(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[word])), 1)
      }
    }
  }
}

private struct WordScan {
  let text: UnsafeBufferPointer<UInt8>
  let kinds: UnsafeBufferPointer<UInt8>

  @inline(__always)
  func nextWord(from position: Int) -> Range<Int>? {
    var start = position
    while true {
      guard start < text.count else { return nil }
      let kind = kind(at: start)
      if kind == Kind.letter { break }
      if kind == Kind.lead {
        let length = symbolLength(at: start)
        if length == 0 { break }
        start &+= length
      } else {
        start &+= 1
      }
    }
    var end = start &+ 1
    while end < text.count {
      let kind = kind(at: end)
      if kind == Kind.letter {
        end &+= 1
      } else if kind == Kind.separator {
        break
      } else {
        let length = innerLength(at: end, kind)
        if length == 0 { break }
        end &+= length
      }
    }
    return start..<end
  }

  @inline(__always)
  private func kind(at place: Int) -> UInt8 { kinds[Int(text[place])] }

  /// The bytes at a place that go on with a word begun before it: a letter, or an apostrophe and what is behind it.
  @inline(never)
  private func innerLength(at place: Int, _ kind: UInt8) -> Int {
    var apostrophe = 1
    if kind == Kind.lead {
      let length = symbolLength(at: place)
      if length == 0 { return 1 }
      guard length == 3, text[place] == 0xE2, text[place + 1] == 0x80, text[place + 2] == 0x99 else {
        return 0
      }
      apostrophe = 3
    }
    return beginsWord(at: place + apostrophe) ? apostrophe : 0
  }

  private func beginsWord(at place: Int) -> Bool {
    guard place < text.count else { return false }
    let kind = kind(at: place)
    return kind == Kind.letter || kind == Kind.lead && symbolLength(at: place) == 0
  }

  /// The bytes of the symbol at a place, 0 if there is none: by the blocks of Unicode that hold next to no letters.
  @inline(never)
  private func symbolLength(at place: Int) -> Int {
    let second = place + 1 < text.count ? text[place + 1] : 0
    let third = place + 2 < text.count ? text[place + 2] : 0
    let fourth = place + 3 < text.count ? text[place + 3] : 0
    switch text[place] {
    // U+0080...00BF, Latin-1 punctuation and signs.
    case 0xC2 where isTrail(second): return 2
    // U+2000...2BFF, punctuation to miscellaneous symbols.
    case 0xE2 where (0x80...0xAF).contains(second) && isTrail(third): return 3
    // U+3000...303F, CJK punctuation.
    case 0xE3 where second == 0x80 && isTrail(third): return 3
    // U+FEFF, the byte order mark, and U+FFFD, the replacement character.
    case 0xEF where second == 0xBB && third == 0xBF || second == 0xBF && third == 0xBD: return 3
    // U+1F000...1FFFF, pictures.
    case 0xF0 where second == 0x9F && isTrail(third) && isTrail(fourth): return 4
    default: return 0
    }
  }

  private func isTrail(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
