"""Labelling a table of one's own, round by round: which rows to label next, labels given back, what they brought.

:mod:`.journal` keeps what was asked and answered, :mod:`.book` says what follows from it, :mod:`.audit` keeps rows
apart to measure on, :mod:`.choosing` chooses the next batch, :mod:`.sheet` shows it, :mod:`.answers` checks labels,
and :mod:`.measuring` tells what they brought.
"""
