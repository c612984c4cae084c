// The queue of every book: in order from both ends, at any rotation of its buffer, through any growth.

import TestSupport
import Testing

@testable import GantryScheduling

struct FifoTests {
  private func contents(_ queue: Fifo<Int>) -> [Int] { (0..<queue.count).map { queue[$0] } }

  @Test func anEmptyQueueGivesNothing() {
    var queue = Fifo<Int>()
    #expect(queue.isEmpty)
    #expect(queue.first == nil && queue.last == nil)
    #expect(queue.popFirst() == nil && queue.popLast() == nil)
    #expect(queue.drain().isEmpty)
  }

  @Test func everyHeadAndCountGrowsInOrder() {
    // All rotations of buffers of 4, 8 and 16 slots, at every count, grown past their size from either end.
    for rotation in 0..<16 {
      for count in 0...16 {
        for fromFront in [false, true] {
          var queue = Fifo<Int>()
          for _ in 0..<rotation {
            queue.append(-1)
            queue.popFirst()
          }
          for value in 0..<count { queue.append(value) }
          var model = Array(0..<count)
          for value in 100..<110 {
            if fromFront {
              queue.prepend(value)
              model.insert(value, at: 0)
            } else {
              queue.append(value)
              model.append(value)
            }
            #expect(contents(queue) == model)
          }
        }
      }
    }
  }

  @Test(arguments: 0..<20) func randomActsMatchAnArray(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var queue = Fifo<Int>()
    var model: [Int] = []
    for value in 0..<2_000 {
      // Phases of growing and of shrinking, so that it runs full and empty.
      let grows = (value / 100).isMultiple(of: 2)
      switch Int.random(in: 0..<(grows ? 5 : 8), using: &random) {
      case 0, 1:
        queue.append(value)
        model.append(value)
      case 2:
        queue.prepend(value)
        model.insert(value, at: 0)
      case 3 where !model.isEmpty:
        let index = Int.random(in: 0..<model.count, using: &random)
        queue[index] = value
        model[index] = value
      case 4, 5:
        #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
      default:
        #expect(queue.popLast() == model.popLast())
      }
      #expect(queue.count == model.count && queue.first == model.first && queue.last == model.last)
    }
    #expect(contents(queue) == model)
    #expect(queue.drain() == model)
    #expect(queue.isEmpty)
  }

  @Test func aCopyIsAValue() {
    var queue = Fifo<Int>()
    for value in 0..<5 { queue.append(value) }
    let copy = queue
    queue.popFirst()
    queue[0] = 99
    #expect(contents(copy) == [0, 1, 2, 3, 4])
    #expect(contents(queue) == [99, 2, 3, 4])
  }

  @Test func whatLeftIsNotHeld() {
    final class Held {}
    weak var popped: Held?
    weak var drained: Held?
    var queue = Fifo<Held>()
    do {
      let one = Held()
      let two = Held()
      popped = one
      drained = two
      queue.append(one)
      queue.append(two)
    }
    #expect(popped != nil && drained != nil)
    queue.popFirst()
    #expect(popped == nil)
    _ = queue.drain()
    #expect(drained == nil)
  }
}
