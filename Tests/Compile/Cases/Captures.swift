// A body may not capture what is shared and not Sendable, nor a variable; nor use the main actor without awaiting it.
// swift-format-ignore-file

import Gantry

final class Heap { var items = [1] }

@MainActor var shown = 0

func captures(_ heap: Heap) -> Function<Int, Int> {
  Function("heap") { (x: Int) in x + heap.items.count }  // error: non-Sendable type 'Heap'
}

func variable() -> Function<Int, Int> {
  var count = 0
  count += 1
  return Function("variable") { (x: Int) in x + count }  // error: captured var 'count'
}

func actor() -> Function<Int, Int> {
  Function("shown") { (x: Int) in x + shown }  // error: main actor-isolated
}
