"""Tables of one's own: files of any common format become rows of features, with a label where there is one.

:mod:`.formats` reads a file, :mod:`.columns` says what each column is, :mod:`.target` reads the label column,
:mod:`.intake` puts these together and keeps the table on the :mod:`.shelf`, as what :mod:`.kept` then gives;
:mod:`.encoder` makes features of it.
"""
