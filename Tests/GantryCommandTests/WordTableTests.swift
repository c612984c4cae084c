// The table counts like a dictionary, packs and merges without loss, and refuses damaged bytes.

import Testing

@testable import GantryCommand

@Suite struct WordTableTests {
  private func add(_ word: String, _ occurrences: Int = 1, to table: inout WordTable) {
    Array(word.utf8).withUnsafeBytes { table.add($0, occurrences) }
  }

  @Test func itCountsLikeADictionary() {
    var table = WordTable(expecting: 0)
    var model: [String: Int] = [:]
    for number in 0..<20_000 {
      // Words of 1 to 40 bytes, many of them prefixes of each other.
      let word = String(repeating: "ab", count: number % 17) + String(number % 3_001, radix: 36)
      add(word, to: &table)
      model[word, default: 0] += 1
    }
    #expect(table.count == model.count)
    #expect(dictionary(table) == model)
  }

  @Test func packedTablesMergeWithoutLoss() throws {
    var one = WordTable()
    var other = WordTable()
    let long = String(repeating: "w", count: WordTable.longestWord)
    for (word, count) in [("a", 1), ("b", 127), ("c", 128), (long, 1 << 40), ("d", Int.max / 2)] {
      add(word, count, to: &one)
    }
    add("b", 3, to: &other)
    add("e", 5, to: &other)
    var merged = WordTable()
    try merged.merge(packed: one.packed)
    try merged.merge(packed: other.packed)
    try merged.merge(packed: WordTable().packed)
    #expect(dictionary(merged) == ["a": 1, "b": 130, "c": 128, long: 1 << 40, "d": Int.max / 2, "e": 5])
  }

  @Test func damagedBytesAreRefusedAndNeverOverread() {
    var table = WordTable()
    for word in ["alpha", "beta", "gamma"] { add(word, 1_000, to: &table) }
    let packed = table.packed
    for length in 1..<packed.count {
      var merged = WordTable()
      do {
        try merged.merge(packed: Array(packed.prefix(length)))
        // A cut between two words is a smaller table.
        #expect(merged.count < 3)
      } catch {}
    }
    for damaged: [UInt8] in [[0, 1], [1], [5, 1, 97], [1, 0x80], [1] + Array(repeating: 0xFF, count: 12)] {
      #expect(throws: MalformedTable.self) {
        var merged = WordTable()
        try merged.merge(packed: damaged)
      }
    }
  }

  @Test func theCommonestComeByCountThenByBytes() {
    var table = WordTable()
    for (word, count) in [("b", 2), ("a", 2), ("z", 9), ("c", 1), ("ab", 2)] { add(word, count, to: &table) }
    #expect(table.commonest(4).map { String(decoding: $0.word, as: UTF8.self) } == ["z", "a", "ab", "b"])
    #expect(table.commonest(0).isEmpty)
    #expect(table.commonest(99).count == 5)
  }

  @Test func aTopListKeepsTheFirstInOrder() {
    var top = Top<Int>(3, by: <)
    for number in [5, 3, 9, 1, 7, 1] { top.offer(number) }
    #expect(top.elements == [1, 1, 3])
  }
}
