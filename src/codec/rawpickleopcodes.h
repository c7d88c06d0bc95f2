// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

/* The opcodes of Python's pickles that are read (protocols 2 to 5) or written (4). All others are refused. */
namespace aio_raw {

enum PickleOpcode : unsigned char {
    OpMark = '(', OpStop = '.', OpPop = '0', OpPopMark = '1', OpDup = '2',
    OpNone = 'N', OpTrue = 0x88, OpFalse = 0x89,
    OpBinInt = 'J', OpBinInt1 = 'K', OpBinInt2 = 'M', OpLong1 = 0x8a, OpLong4 = 0x8b, OpBinFloat = 'G',
    OpShortBinUnicode = 0x8c, OpBinUnicode = 'X', OpBinUnicode8 = 0x8d,
    OpShortBinBytes = 'C', OpBinBytes = 'B', OpBinBytes8 = 0x8e, OpByteArray8 = 0x96,
    OpEmptyTuple = ')', OpTuple1 = 0x85, OpTuple2 = 0x86, OpTuple3 = 0x87, OpTuple = 't',
    OpEmptyList = ']', OpList = 'l', OpAppend = 'a', OpAppends = 'e',
    OpEmptyDict = '}', OpDict = 'd', OpSetItem = 's', OpSetItems = 'u',
    OpEmptySet = 0x8f, OpAddItems = 0x90, OpFrozenSet = 0x91,
    OpMemoize = 0x94, OpBinPut = 'q', OpLongBinPut = 'r', OpBinGet = 'h', OpLongBinGet = 'j',
    OpGlobal = 'c', OpStackGlobal = 0x93, OpReduce = 'R', OpNewObj = 0x81, OpNewObjEx = 0x92, OpBuild = 'b',
    OpProto = 0x80, OpFrame = 0x95
};

} // namespace aio_raw
