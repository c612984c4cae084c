// How files fall into blocks: whole lines, bounded, every byte once.

import Testing

@testable import GantryCommand

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

@Suite struct BlockReaderTests {
  private let small = BlockReader.Limits(usual: 16, most: 64)

  private func pieces(_ bytes: [UInt8], _ limits: BlockReader.Limits) throws -> [BlockReader.Piece] {
    let tree = TemporaryTree()
    let reader = try BlockReader(tree.file("f", bytes), followsLink: false, limits: limits)
    var pieces: [BlockReader.Piece] = []
    while case .block(let piece) = reader.next() { pieces.append(piece) }
    #expect(reader.next() == .end)
    return pieces
  }

  @Test(arguments: [0, 1, 15, 16, 17, 31, 32, 33, 1000, 5000])
  func everyByteComesOnceAndBlocksEndAtLineEnds(_ count: Int) throws {
    let text = someText(UInt64(count), bytes: count)
    let pieces = try pieces(text, small)
    #expect(pieces.flatMap(\.bytes) == text)
    var offset = 0
    for piece in pieces {
      #expect(piece.offset == offset)
      #expect(!piece.bytes.isEmpty && piece.bytes.count <= 64)
      offset += piece.bytes.count
      // Lines longer than a block do not occur often in this text; those that do are cut behind a space.
      if offset < count { #expect(piece.bytes.last.map(isSpace) == true) }
    }
  }

  @Test func aBlockGrowsToTheEndOfALongLine() throws {
    let line = Array(repeating: UInt8(ascii: "x"), count: 40) + [10]
    let pieces = try pieces([97, 10] + line + line, small)
    #expect(pieces.map(\.bytes.count) == [2, 41, 41])
    #expect(pieces.allSatisfy { !$0.continuesWord })
  }

  @Test func aHugeLineIsCutBehindASpaceOrBetweenCharacters() throws {
    let spaced = Array((String(repeating: "word ", count: 40)).utf8)
    let bySpaces = try pieces(spaced, small)
    #expect(bySpaces.dropLast().allSatisfy { $0.bytes.last == 0x20 && !$0.continuesWord })

    let solid = Array(String(repeating: "\u{65E5}", count: 50).utf8)
    let byCharacters = try pieces(solid, small)
    #expect(byCharacters.map(\.bytes.count) == [63, 63, 24])
    #expect(byCharacters.map(\.continuesWord) == [false, true, true])
    #expect(byCharacters.allSatisfy { String(validating: $0.bytes, as: UTF8.self) != nil })
    #expect(byCharacters.flatMap(\.bytes) == solid)

    let noText = Array(repeating: UInt8(0xBF), count: 200)
    #expect(try pieces(noText, small).flatMap(\.bytes) == noText)
  }

  @Test func aZeroByteInTheFirstBlockMakesAFileBinary() throws {
    let tree = TemporaryTree()
    let early = try BlockReader(tree.file("early", [97, 0, 10]), followsLink: false, limits: small)
    #expect(early.next() == .binary)
    let late: [UInt8] = Array("one line\nanother line\nand a third\n".utf8) + [0]
    #expect(try pieces(late, small).flatMap(\.bytes) == late)
  }

  @Test func linksAreOpenedOnlyWhereTheyMayBe() throws {
    let tree = TemporaryTree()
    tree.file("text", "x\n")
    let link = tree.link("link", to: "text")
    #expect(throws: BlockReader.Refusal.unreadable(ELOOP)) { try BlockReader(link, followsLink: false) }
    #expect(throws: BlockReader.Refusal.unreadable(ENOENT)) {
      try BlockReader(tree.path("missing"), followsLink: true)
    }
    #expect(throws: BlockReader.Refusal.special) { try BlockReader(Path("/dev/null"), followsLink: true) }
    #expect(throws: BlockReader.Refusal.special) { try BlockReader(tree.root, followsLink: true) }
    let piece = BlockReader.Piece(bytes: [120, 10], offset: 0, continuesWord: false)
    #expect(try BlockReader(link, followsLink: true).next() == .block(piece))
  }

  @Test func filesThatDoNotSayTheirLengthAreRead() throws {
    let reader = try BlockReader(Path("/proc/self/status"), followsLink: false)
    guard case .block(let piece) = reader.next() else {
      Issue.record("There was no block.")
      return
    }
    #expect(piece.bytes.starts(with: Array("Name:".utf8)))
    #expect(reader.next() == .end)
  }
}
