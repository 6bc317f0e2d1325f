(in-package "ROOK-KERNEL")

;;;; Columns for FORMAT: ~T and justification.

(defun %write-spaces (n stream)
  (dotimes (i n) (%write-char #\Space stream)))

(defun %tabulate-absolute (stream column increment)
  (let ((now (%stream-column stream)))
    (cond ((null now) (%write-simple-string "  " stream))
          ((< now column) (%write-spaces (- column now) stream))
          ((plusp increment)
           (%write-spaces (- increment (mod (- now column) increment)) stream)))))

(defun %tabulate-relative (stream relative increment)
  (let ((now (%stream-column stream)))
    (%write-spaces relative stream)
    (when (and now (plusp increment))
      (let ((excess (mod (+ now relative) increment)))
        (when (plusp excess)
          (%write-spaces (- increment excess) stream))))))

(defun %write-justified (stream segments width increment min-pad pad pad-left pad-right)
  ;; SEGMENTS with padding between them, and before or after them when asked for. A single segment
  ;; without either is padded on the left.
  (let* ((pad-left (or pad-left (and (null (rest segments)) (not pad-right))))
         (gaps (+ (1- (length segments)) (if pad-left 1 0) (if pad-right 1 0)))
         (text (reduce #'+ segments :key #'length))
         (min-pad (if (null (rest segments)) 0 min-pad))
         (least (+ text (* gaps min-pad)))
         (total (if (> least width)
                    (+ width (* increment (ceiling (- least width) increment)))
                    width))
         (padding (- total text)))
    (flet ((write-gap ()
             ;; What is left of the padding is shared among the gaps that are left.
             (let ((share (truncate padding gaps)))
               (decf padding share)
               (decf gaps)
               (dotimes (i share) (%write-char pad stream)))))
      (when pad-left (write-gap))
      (do ((rest segments (cdr rest)))
          ((null rest))
        (%write-simple-string (car rest) stream)
        (when (cdr rest) (write-gap)))
      (when pad-right (write-gap)))))

(defun %justified-length (segments width increment min-pad pad-left pad-right)
  (let* ((min-pad (if (null (rest segments)) 0 min-pad))
         (gaps (+ (1- (length segments)) (if pad-left 1 0) (if pad-right 1 0)))
         (least (+ (reduce #'+ segments :key #'length) (* gaps min-pad))))
    (if (> least width)
        (+ width (* increment (ceiling (- least width) increment)))
        width)))

;;; Letter case for ~(.

(defun %capitalize-first-word (text)
  (let ((text (string-downcase text)))
    (let ((start (position-if #'alphanumericp text)))
      (when start
        (setf (char text start) (char-upcase (char text start))))
      text)))

(defun %convert-case (text colon at)
  (cond ((and colon at) (string-upcase text))
        (colon (string-capitalize text))
        (at (%capitalize-first-word text))
        (t (string-downcase text))))
