(print 'before)
(finish-output)
(break "stop ~A" 1)
(print 'after)
